"""The addresses of schedules and other triggers."""

from django.urls import path

from builder.web.schedules.acts import act
from builder.web.schedules.calendars import calendar_view
from builder.web.schedules.views import schedule_list, trigger_view

_ONE = "schedules/<str:namespace>/<str:flow_id>/<str:trigger_id>"
urlpatterns = [
    path("schedules", schedule_list, name="schedules"),
    path("schedules/calendar", calendar_view, name="schedule-calendar"),
    path(_ONE, trigger_view, name="schedule"),
    path(f"{_ONE}/act", act, name="schedule-act"),
]
