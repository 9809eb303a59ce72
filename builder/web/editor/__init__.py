"""The flow editor: steps, form and YAML as three views of one draft."""
