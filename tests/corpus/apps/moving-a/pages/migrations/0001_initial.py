from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel(
            name="Offer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("start", models.CharField(max_length=80)),
                ("goal", models.CharField(max_length=80)),
                ("boxes", models.PositiveIntegerField()),
            ],
        ),
    ]
