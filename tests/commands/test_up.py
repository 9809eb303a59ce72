"""`manage.py up` as a person meets it: it starts, says where, survives what dies, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.doubles.patience import PATIENCE_SECONDS, wait_until
from tests.doubles.product import ROOT, Product

pytestmark = pytest.mark.processes


def is_gone(product: Product) -> bool:
    """Nothing is left of the product's processes."""
    return not product.processes()


def test_it_prints_the_address_and_the_first_login_once(tmp_path: Path) -> None:
    with Product(tmp_path) as product:
        assert product.url in product.output
        assert len(product.password) >= 12
        assert product.get("/health/live")[0] == 200
        assert product.get("/health/ready")[0] == 200
    with Product(tmp_path) as again:
        assert "password" not in again.output


def test_ctrl_c_stops_everything_and_leaves_no_process(tmp_path: Path) -> None:
    with Product(tmp_path) as product:
        assert len(product.processes()) >= 5
        assert product.stop() == 0
        wait_until(lambda: is_gone(product))


def test_a_part_that_dies_is_started_again(tmp_path: Path) -> None:
    with Product(tmp_path) as product:
        os.kill(product.child(" web "), signal.SIGKILL)
        product.wait_for("web stopped (killed by SIGKILL); starting it again.")

        def answers() -> bool:
            try:
                return product.get("/health/live")[0] == 200
            except OSError:
                return False

        wait_until(answers)


def test_kill_9_leaves_nothing_that_hinders_the_next_start(tmp_path: Path) -> None:
    with Product(tmp_path) as product:
        os.kill(product.process.pid, signal.SIGKILL)
        product.process.wait()
        wait_until(lambda: is_gone(product))
    with Product(tmp_path, port=product.port) as again:
        assert again.get("/health/ready")[0] == 200


def test_a_second_up_on_the_same_folder_says_that_the_first_one_runs(tmp_path: Path) -> None:
    with Product(tmp_path):
        second = Product(tmp_path)
        assert second.process.wait(PATIENCE_SECONDS) != 0
        second.stop()
        assert "already runs" in second.output
        assert "Traceback" not in second.output


def test_a_busy_port_is_one_sentence_with_the_command_that_helps(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        product = Product(tmp_path, port=port)
        assert product.process.wait(PATIENCE_SECONDS) != 0
        product.stop()
    assert f"cannot listen on 127.0.0.1:{port}" in product.output
    assert f"--port {port + 1}" in product.output
    assert "Traceback" not in product.output


def without_packages(tmp_path: Path, **environment: str) -> str:
    """What `manage.py up` prints under a bare Python that sees none of the installed packages."""
    python = Path(sys.base_prefix) / "bin" / "python3"
    done = subprocess.run(
        [python, "-S", ROOT / "manage.py", "up"], capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **environment},
    )  # fmt: skip
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_python_without_venv_names_the_package_to_install(tmp_path: Path) -> None:
    (tmp_path / "ensurepip.py").write_text("raise ImportError('ensurepip')")
    said = without_packages(tmp_path, PYTHONPATH=str(tmp_path), MILLSTREAM_VENV=str(tmp_path / "venv"))
    assert "sudo apt install python3-venv" in said


def test_a_missing_write_right_names_another_place(tmp_path: Path) -> None:
    said = without_packages(tmp_path, MILLSTREAM_VENV="/proc/1/millstream")
    assert "MILLSTREAM_VENV=" in said


def test_the_start_file_can_be_read_by_an_old_python() -> None:
    source = (ROOT / "manage.py").read_text()
    compile(source, "manage.py", "exec", dont_inherit=True)
    import ast

    ast.parse(source, feature_version=(3, 7))
