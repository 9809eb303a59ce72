"""Flow triggers: started by what becomes of other flows, one execution or several within a time."""
