"""A client of the product's API, as a script of somebody's own would be."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

from tests.doubles.product import ROOT


class ApiClient:
    """Talks to `/api/v1/main` with a token that `manage.py token create` printed."""

    def __init__(self, product):
        made = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "token", "create", "tests"],
            env={**os.environ, "MILLSTREAM_DATA": str(product.data)},
            capture_output=True,
            text=True,
            check=True,
        )
        self.url, self.token = f"{product.url}/api/v1/main", made.stdout.strip()

    def send(self, method, path, body=None, kind="application/json"):
        """The status and the JSON of the answer."""
        request = urllib.request.Request(
            self.url + path,
            data=body,
            method=method,
            headers={"Authorization": f"Bearer {self.token}", **({"Content-Type": kind} if body is not None else {})},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"null")

    def publish(self, text):
        """Creates a flow from its YAML, or updates the one that has its id; gives the flow."""
        flow = self._said(*self.send("POST", "/flows/validate", text.encode(), "application/x-yaml"))[0]
        address = f"/flows/{flow['namespace']}/{flow['flow']}"
        exists = self.send("GET", address)[0] == 200
        method, path = ("PUT", address) if exists else ("POST", "/flows")
        return self._said(*self.send(method, path, text.encode(), "application/x-yaml"))

    def run(self, flow, **inputs):
        """Runs a flow to its end; gives the execution."""
        body = urllib.parse.urlencode(inputs).encode()
        path = f"/executions/{flow['namespace']}/{flow['id']}?wait=true"
        return self._said(*self.send("POST", path, body, "application/x-www-form-urlencoded"))

    def logs(self, execution):
        """The messages of an execution's log."""
        return [line["message"] for line in self._said(*self.send("GET", f"/logs/{execution['id']}"))]

    @staticmethod
    def _said(status, said):
        assert status == 200, f"{status}: {said}"
        return said
