"""`manage.py flow validate`: what it prints and how it exits."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

LOG = "tasks:\n  - {id: log, type: io.kestra.plugin.core.log.Log, message: hi}\n"


def test_a_right_file_is_silent(tmp_path: Path):
    file = tmp_path / "a.yaml"
    file.write_text("id: a\nnamespace: lab\n" + LOG)
    out, err = StringIO(), StringIO()
    call_command("flow", "validate", str(file), stdout=out, stderr=err)
    assert out.getvalue() == "" and "0 error(s)" in err.getvalue()


def test_each_problem_is_one_line_with_its_place_in_the_file(tmp_path: Path):
    file = tmp_path / "two.yaml"
    file.write_text("id: a\nnamespace: lab\n" + LOG + "---\nid: b c\nnamespace: lab\n" + LOG)
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("flow", "validate", str(file), stdout=out, stderr=err)
    assert stopped.value.code == 1
    assert out.getvalue().startswith(f"{file}:6:5: id may hold letters")


def test_problems_can_be_read_by_a_machine(tmp_path: Path):
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("flow", "validate", "--json", str(tmp_path / "missing.yaml"), stdout=out)
    assert json.loads(out.getvalue())[0]["message"] == "cannot be read: No such file or directory"
