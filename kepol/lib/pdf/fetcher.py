"""The only way a document gets at a resource: a dictionary of known assets.

No path, no prefix check, no protocol: everything that is not in the dictionary is blocked and recorded, `data:` too.
"""

from collections.abc import Mapping

from weasyprint.urls import URLFetcher, URLFetcherResponse

from kepol.lib.pdf.document import Asset

LONGEST_RECORD = 120


class AssetFetcher(URLFetcher):
    """Answers from `assets` (URL to content and media type); `blocked` collects the start of every other URL."""

    def __init__(self, assets: Mapping[str, Asset]) -> None:
        super().__init__(timeout=1, allowed_protocols=(), allow_redirects=False)
        self.assets = assets
        self.blocked: list[str] = []

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        """Return a known asset; raise `ValueError` for everything else, which WeasyPrint takes as "not there"."""
        if (asset := self.assets.get(url)) is None:
            self.blocked.append(url[:LONGEST_RECORD])
            raise ValueError("unknown asset")
        content, media_type = asset
        return URLFetcherResponse(url, content, {"Content-Type": media_type})
