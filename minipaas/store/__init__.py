"""What stays when the platform stops: the home folder, apps, slugs, releases."""
