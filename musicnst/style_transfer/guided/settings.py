"""Everything that method `guided` was tuned with, in one frozen object: an ablation makes another one."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class GuidedSettings:
  """Constants of method `guided`.

  Args, weights of the terms of the objective:
    statistics: of the whitened distance of the statistics to their targets.
    classifiers: of the inner genre classifiers.
    texture: of the classifier that reads statistics.
    profile: of what is missing to the style piece's own time-pitch profile (Groove2Groove), as a share of what the content lacks.
    short_notes: of the share of notes of one step.
    chroma: of the chroma distance. harmony: of what lies beyond `chroma_room` of it.
    key: of new cells outside the content's key.
    skyline: of skyline notes that are lost. density, clash, crowd: of crowding and clashes.
    latent: of the squared distance to the content's latents.
    budget: of the change beyond the budget, squared.

  Args, bounds and scales:
    genre_share: share of the recognised genre in the targets; the rest is the style piece's.
    lengthen_scale: one step of the loop moves the holding of a cell by this share of what it moves a latent.
    margin: half the distance of logits from which a classifier counts as convinced.
    transposition: at each step the classifiers read the notes transposed by at most so many semitones, up or down: what convinces them in one key
      only is no style.
    density_low, density_high: notes for each of the content's that cost nothing.
    chroma_room: mean chroma distance from which harmony counts as lost: about .92 of Groove2Groove's chroma similarity.
    short_room: how far the share of notes of one step may lie from the target's.
    most_at_once: so many notes may be struck at once.
    skyline_room: share of the skyline's notes that may go.
    full_budget: strength 1 allows this content change; realised change lies a little above what is allowed.
    overshoot, smaller: a piece that changes by so much more than its budget is tried again, with steps smaller by `smaller`.
    candidate_noise: deviation of the noise on the latents where further candidates start.

  Args, slopes of the hard decisions (`residual`):
    decision_slope: of the sigmoid whose gradient passes a decision.
    probability_slope: of the probability over (logit - threshold's logit).
    gradient_slope: of the sigmoid whose gradient a probability passes.
    hold_doublings: new notes are held at most 2 ** hold_doublings steps.
  """

  statistics: float = 3.0
  classifiers: float = 18.0
  texture: float = 12.0
  profile: float = 14.0
  short_notes: float = 50.0
  chroma: float = 4.0
  harmony: float = 200.0
  key: float = 2.0
  skyline: float = 110.0
  density: float = 200.0
  clash: float = 20.0
  crowd: float = 40.0
  latent: float = .3
  budget: float = 400.0

  genre_share: float = .75
  lengthen_scale: float = .25
  margin: float = 3.0
  transposition: int = 6
  density_low: float = .65
  density_high: float = 1.5
  chroma_room: float = .07
  short_room: float = .02
  most_at_once: float = 7.0
  skyline_room: float = .04
  full_budget: float = .89
  overshoot: float = .04
  smaller: float = .25
  candidate_noise: float = .5

  decision_slope: float = 6.0
  probability_slope: float = 1.5
  gradient_slope: float = .4
  hold_doublings: int = 4
