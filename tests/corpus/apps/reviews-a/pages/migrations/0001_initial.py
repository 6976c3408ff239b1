from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Review",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("house", models.CharField(max_length=80)),
                ("stars", models.PositiveSmallIntegerField(default=3)),
                ("text", models.TextField(blank=True)),
                ("written", models.DateTimeField(auto_now_add=True)),
            ],
            options={"ordering": ["-written"]},
        ),
    ]
