"""The form of what is chosen: each property as a control, in whatever the flow declares."""
