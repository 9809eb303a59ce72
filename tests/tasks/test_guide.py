"""The example of the guide for authors of tasks works as printed."""

import re
from pathlib import Path

from builder.tasks.check import check_written
from builder.tasks.testing import FakeContext, run_task

GUIDE = Path(__file__).resolve().parents[2] / "builder" / "docs" / "writing_a_task.md"


async def test_the_example_of_the_guide_works() -> None:
    source = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)[0]
    module: dict[str, object] = {"__name__": "guide"}
    exec(compile(source, str(GUIDE), "exec"), module)  # noqa: S102 - the guide's own code
    task = module["CountWords"]
    context = FakeContext(variables={"who": "Ann Lee"})
    assert await run_task(task, "text: hello {{ who }}", context) == {"words": 3}  # type: ignore[arg-type]
    assert context.logs == [("INFO", "3 words")]
    assert check_written(task, {"id": "a", "type": "t", "text": "x", "atLeast": "some"})[0].message == (  # type: ignore[arg-type]
        "atLeast must be a whole number"
    )
