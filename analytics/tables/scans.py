"""What was seen: imaging, lesions, responses given by readers."""

from __future__ import annotations

import dataframely as dy

from analytics.tables.columns import code, integer, number, partial_date, text
from analytics.tables.row import Row


class Imaging(Row):
    """One row an examination."""

    patient_id = text("Study code of the patient.", essential=True, key=True)
    imaging_id = text("Id of the examination within the patient.", essential=True, key=True)
    date = partial_date("Day of the examination.", required=True)
    modality = code("modality", "Kind of examination.", essential=True)
    tracer = code("tracer", "Tracer; SUV of different tracers are never compared.")
    body_regions = text("Regions covered, with «;» between them.")
    contrast = code("yes_no", "Whether contrast was given.")
    timepoint = text("Label of the planned visit.")
    scheduled = code("yes_no", "Whether it was planned.")
    adequate = code("yes_no", "Whether it suffices for response; an empty cell means yes.")
    reader = text("Who read it: local, central, a reader's code.")
    krenning = integer("Krenning score as given by a reader; never derived from SUV.", "score", low=0, high=4)
    netpet = code("netpet", "NETPET grade of this FDG PET read with its receptor PET, as given by a reader.")
    new_lesion = code("yes_no", "Whether a new lesion was seen.")
    non_target = code("non_target", "Response of the non-target lesions.")


class Lesions(Row):
    """One row a lesion at an examination."""

    patient_id = text("Study code of the patient.", essential=True, key=True)
    imaging_id = text("The examination.", essential=True, key=True)
    lesion_id = text("Stable within the patient; «T01+T02» when lesions merged.", essential=True, key=True)
    reader = text("Who measured it.")
    role = code("lesion_role", "Target, non-target or new.")
    organ = code("organ", "Organ.")
    segment = text("Segment or part of the organ.")
    nodal = code("yes_no", "Whether it is a lymph node, measured on its short axis.")
    longest_mm = number("Longest diameter.", "mm", low=0)
    short_mm = number("Short axis.", "mm", low=0)
    measured = code("measured", "How it was measured, or why not; not measured is not 0.")
    suv_max = number("Maximum standardised uptake value.", "SUV", low=0)
    suv_mean = number("Mean standardised uptake value.", "SUV", low=0)
    volume_ml = number("Volume.", "mL", low=0)
    hu_mean = number("Mean attenuation.", "HU", low=-1100, high=4000)


class Responses(Row):
    """One row a response given by a person under named criteria; derived responses stand beside them."""

    patient_id = text("Study code of the patient.", essential=True)
    imaging_id = text("The examination it rests on.")
    date = partial_date("Day of the assessment.", required=True)
    criteria = code("criteria", "Criteria the reader used.", essential=True)
    reader = text("Who gave it.")
    response = code("response", "Overall response.", essential=True)
    target = code("target_response", "Response of the target lesions.")
    non_target = code("non_target", "Response of the non-target lesions.")
    new = code("yes_no", "Whether there was a new lesion.")


SCAN_TABLES: dict[str, type[dy.Schema]] = {"imaging": Imaging, "lesions": Lesions, "responses": Responses}
