"""What starts flows; `SCHEDULES` are the types that fire at times of their own, under all their names."""

from builder.tasks.core.trigger.schedule import Schedule
from builder.tasks.core.trigger.schedule_on_dates import ScheduleOnDates

ON_DATES = (ScheduleOnDates.type_name, *ScheduleOnDates.aliases)
SCHEDULES = (Schedule.type_name, *Schedule.aliases, *ON_DATES)
