"""PDF of a page, where the optional extra `pdf` is installed (README)."""

from importlib import import_module


def pdf_of(html: str) -> bytes | None:
    """The page on paper; None where nothing is installed that makes one, or Pango, which that
    takes from the system. The page holds all it shows: nothing is fetched for it.
    """
    try:
        weasyprint = import_module("weasyprint")
    except (ImportError, OSError):
        return None
    nowhere = weasyprint.urls.URLFetcher(allowed_protocols=())
    made: bytes = weasyprint.HTML(string=html, url_fetcher=nowhere).write_pdf()
    return made
