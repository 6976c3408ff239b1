from django.db import migrations, models


def first_page(apps, schema_editor):
    apps.get_model("pages", "Page").objects.create(title="Welcome", text="Edit me.")


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel(
            name="Page",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=60, unique=True)),
                ("text", models.TextField(blank=True)),
                ("editor", models.CharField(blank=True, max_length=40)),
            ],
        ),
        migrations.RunPython(first_page, migrations.RunPython.noop),
    ]
