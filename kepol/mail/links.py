"""Links in mails: they lead to the configured address, whatever a request claims about its host."""

from urllib.parse import urljoin

from django.conf import settings


def absolute(path: str) -> str:
    """Address of `path` ("/meilensteine/12/") of this installation, with scheme and host of the setting SITE_URL.

    Raises `ValueError` for anything but a path of our own.
    """
    if not path.startswith("/") or path.startswith(("//", "/\\")):
        raise ValueError(f"{path!r} is no path of this installation")
    return urljoin(f"{settings.SITE_URL}/", path)
