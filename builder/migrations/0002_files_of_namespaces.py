import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("builder", "0001_tables")]

    operations = [
        migrations.CreateModel(
            name="NamespaceFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("namespace", models.CharField(max_length=150)),
                ("path", models.CharField(max_length=500)),
                ("is_folder", models.BooleanField(default=False)),
                ("revision", models.PositiveIntegerField(default=0)),
                ("size", models.BigIntegerField(default=0)),
                ("deleted", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("updated_by", models.CharField(blank=True, default="", max_length=150)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("namespace", "path"), name="namespace_file_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="NamespaceFileRevision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("place", models.CharField(max_length=200)),
                ("size", models.BigIntegerField()),
                ("created_at", models.DateTimeField()),
                ("created_by", models.CharField(blank=True, default="", max_length=150)),
                (
                    "file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="revisions",
                        to="builder.namespacefile",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("file", "number"), name="namespace_file_revision_once"),
                ],
            },
        ),
    ]
