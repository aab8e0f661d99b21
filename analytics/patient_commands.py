"""The commands about one patient: explain, withdraw."""

from __future__ import annotations

from typing import Annotated

import typer

from analytics.command_line import Store, clock, open_study_aloud, say

Patient = Annotated[str, typer.Argument(help="The patient's study code, as in the source.")]


def explain(
    store: Store,
    patient: Patient,
    endpoint: Annotated[
        str, typer.Option(help="Tell one endpoint only, e.g. PFS, in six lines a treatment line.")
    ] = "",
    rule_set: Annotated[str, typer.Option(help="With --endpoint: the rule set.")] = "default",
) -> None:
    """Print where each number of PATIENT came from: file, line, and the rule that made it."""
    import polars as pl

    from analytics.endpoints.explain import explain_endpoint
    from analytics.explain import explain_patient

    study = open_study_aloud(store)
    if not endpoint:
        said = list(explain_patient(study, patient))
    else:
        lines = study.table("lines").filter(pl.col("patient_id") == patient).sort("line_no").collect()
        tables = {name: study.rows_of(name, pid) for pid in lines["pid"].unique() for name in study.tables}
        stories = (
            explain_endpoint(tables, patient, endpoint, line_no, rule_set, study.settings)
            for line_no in lines["line_no"]
        )
        said = [sentence for story in stories for sentence in (*story, "")]
        if not said:
            explain_patient(study, patient)  # says that the study has no such patient, or that nothing was given
            said = [f"Patient {patient} has no treatment line, so {endpoint} does not begin."]
    for sentence in said:
        typer.echo(sentence)


def withdraw(store: Store, patient: Patient) -> None:
    """Take PATIENT out of STORE now and at every later build, and remove the versions that held the patient."""
    from analytics.withdrawal import withdraw as take_out

    version = take_out(store, patient, clock())
    typer.echo(f"Withdrawn. The study is now version {version}; older versions are removed.")
    say("The source files are yours and stay as they are.")
