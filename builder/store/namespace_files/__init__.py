"""Files of namespaces: one row a file, one a revision, the contents in the file storage."""

from builder.store.namespace_files.addresses import Address, address, uri_of
from builder.store.namespace_files.changes import delete, make_folder, move, purge, put
from builder.store.namespace_files.reading import (
    NamespaceFileItem,
    RevisionItem,
    find,
    get,
    listed,
    located,
    namespaces,
    open_file,
    read,
    revisions,
    totals,
)

__all__ = [
    "Address",
    "NamespaceFileItem",
    "RevisionItem",
    "address",
    "delete",
    "find",
    "get",
    "listed",
    "located",
    "make_folder",
    "move",
    "namespaces",
    "open_file",
    "purge",
    "put",
    "read",
    "revisions",
    "totals",
    "uri_of",
]
