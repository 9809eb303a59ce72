"""What starts flows. `SCHEDULES`: the types that fire at times of their own; `FLOWS`: when others end; by all names."""

from builder.tasks.core.trigger.flow import Flow
from builder.tasks.core.trigger.schedule import Schedule
from builder.tasks.core.trigger.schedule_on_dates import ScheduleOnDates

FLOWS = (Flow.type_name, *Flow.aliases)
ON_DATES = (ScheduleOnDates.type_name, *ScheduleOnDates.aliases)
SCHEDULES = (Schedule.type_name, *Schedule.aliases, *ON_DATES)
