from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel(
            name="Gauge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.CharField(max_length=60, unique=True)),
                ("readings", models.PositiveIntegerField(default=0)),
                ("millimetres", models.FloatField(default=0)),
            ],
        ),
    ]
