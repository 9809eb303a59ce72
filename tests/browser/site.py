"""What a person does at a running product again and again: publish, run, look at the state."""

import re


def wait_for_scripts(page):
    """After a click that led to another page: until its scripts hear what a person does."""
    page.wait_for_function(
        "() => !document.querySelector('script[type=module]') || 'started' in document.documentElement.dataset"
    )


class Site:
    """A tab at a product. `publish` and `run` post the forms of the pages without clicking through them."""

    def __init__(self, tab, product):
        self.tab, self.product = tab, product

    def post(self, path, **options):
        """Posts a form as this person; follows to the page that answers."""
        cookies = {cookie["name"]: cookie["value"] for cookie in self.tab.context.cookies()}
        if "millstream_csrf" not in cookies:
            self.tab.goto("/")
            cookies = {cookie["name"]: cookie["value"] for cookie in self.tab.context.cookies()}
        headers = {"X-CSRFToken": cookies["millstream_csrf"]}
        answer = self.tab.request.post(path, headers=headers, **options)
        assert answer.ok, f"{path} answered {answer.status}: {answer.text()[:2000]}"
        return answer

    def publish(self, text):
        """Imports a flow's YAML."""
        upload = {"name": "flow.yaml", "mimeType": "application/yaml", "buffer": text.encode()}
        self.post("/flows/import", multipart={"file": upload})

    def start(self, flow_id, namespace="company.team", **inputs):
        """Runs the published flow; gives the execution's id."""
        answer = self.post(f"/flows/{namespace}/{flow_id}/edit/run", form={"draft": "0", **inputs})
        found = re.search(r"/executions/(\w+)$", answer.url)
        assert found, answer.text()[:3000]
        return found[1]

    def run(self, flow_id, namespace="company.team", **inputs):
        """Runs the published flow and opens its page; gives the execution's id."""
        execution_id = self.start(flow_id, namespace, **inputs)
        self.open(execution_id)
        return execution_id

    def open(self, execution_id):
        """The page of an execution."""
        self.tab.goto(f"/executions/{execution_id}")

    def wait_for(self, state):
        """Until the open page of an execution shows the state."""
        self.tab.wait_for_selector(f'#facts [data-state="{state}"]')

    def edit(self, flow_id, step="", namespace="company.team"):
        """Opens the editor, at a step."""
        self.tab.goto("about:blank")  # another step of the same page is no navigation
        self.tab.goto(f"/flows/{namespace}/{flow_id}/edit" + (f"#step={step}" if step else ""))
        self.tab.wait_for_selector(".yaml-pane.started")
        if step:
            self.tab.wait_for_selector(f'.step[data-id="{step}"][aria-current]')

    def yaml(self):
        """The text in the editor's YAML pane."""
        return self.tab.evaluate("document.getElementById('yaml').env.editor.getValue()")

    def wait_for_yaml(self, words):
        """Until the YAML pane holds the words and everything is saved."""
        self.tab.wait_for_function(
            """words => document.getElementById('yaml').env.editor.getValue().includes(words)
                && !document.getElementById('editor').dataset.saving""",
            arg=words,
        )

    def rows(self, query, *values):
        """What stands in the product's database."""
        return self.product.rows(query, *values)
