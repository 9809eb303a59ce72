"""The System page is for those who run the installation: where nobody is named as one, the first account is."""

from django.conf import settings
from django.db import migrations


def name_the_first(apps, schema_editor):
    users = apps.get_model(settings.AUTH_USER_MODEL).objects.order_by("id")
    if not users.filter(is_staff=True).exists():
        first = users.first()
        if first is not None:
            first.is_staff = True
            first.save(update_fields=["is_staff"])


class Migration(migrations.Migration):
    dependencies = [
        ("builder", "0007_what_is_known_of_schedules_and_calls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [migrations.RunPython(name_the_first, migrations.RunPython.noop)]
