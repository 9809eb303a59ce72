"""The flows that are run."""

NAMESPACE = "benchmark"


def one_step() -> str:
    return _flow("one", [_returning("step")])


def chain(length: int) -> str:
    """Steps one after another, each reading what the one before gave."""
    steps = [_returning("s0")]
    steps += [_returning(f"s{number}", f"{{{{ outputs.s{number - 1}.value }}}}+") for number in range(1, length)]
    return _flow(f"chain-{length}", steps)


def fan_out(width: int) -> str:
    children = "\n".join(_indented(_returning(f"s{number}", f"{number}")) for number in range(width))
    return _flow(
        f"fan-out-{width}", [f"  - id: together\n    type: io.kestra.plugin.core.flow.Parallel\n    tasks:\n{children}"]
    )


def model_calls(width: int, base_url: str) -> str:
    """ForEach over so many values, all at once, each asking a model."""
    return _flow(
        f"calls-{width}",
        [
            f"""\
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: {list(range(width))}
    concurrencyLimit: 0
    tasks:
      - id: ask
        type: io.kestra.plugin.openai.ChatCompletion
        apiKey: sk-benchmark
        baseUrl: {base_url}
        model: gpt-5.4-mini
        prompt: "What is {{{{ taskrun.value }}}}?"
"""
        ],
    )


def _flow(flow_id: str, steps: list[str]) -> str:
    return f"id: {flow_id}\nnamespace: {NAMESPACE}\ntasks:\n" + "\n".join(steps) + "\n"


def _returning(step_id: str, text: str = "{{ flow.id }}") -> str:
    return f'  - id: {step_id}\n    type: io.kestra.plugin.core.debug.Return\n    format: "{text}"'


def _indented(step: str) -> str:
    return "\n".join("    " + line for line in step.splitlines())
