"""Remove database and files of the demonstration; the next `make run` loads the example again."""

import os
import shutil

from django.conf import settings

from tools.steps import say, stop

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kepol.settings")
    if not settings.DEMO:
        stop("Das geht nur mit DEMO=True: Hier könnten echte Daten liegen.")
    shutil.rmtree(settings.DATA_DIR, ignore_errors=True)
    say(f"{settings.DATA_DIR} ist gelöscht.")
