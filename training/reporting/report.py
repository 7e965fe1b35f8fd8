"""The folder of a report: page, pictures, table."""

from pathlib import Path

from model.files import write_whole
from training.reporting.drawing import draw_shares, draw_tone
from training.reporting.findings import Findings
from training.reporting.page import to_html
from training.reporting.table import to_csv

PAGE, TABLE = "report.html", "figures.csv"


def write_report(findings: Findings, out: Path) -> None:
    """Write report.html, figures.csv and the pictures as PNG into a folder, each whole or not at all."""
    pictures = {"shares of stances": ("shares.png", draw_shares(findings))}
    if findings.periods:
        pictures = {"tone over time": ("tone.png", draw_tone(findings)), **pictures}
    for name, png in pictures.values():
        write_whole(out / name, png)
    write_whole(out / TABLE, to_csv(findings))
    write_whole(out / PAGE, to_html(findings, {shown: png for shown, (_, png) in pictures.items()}))
