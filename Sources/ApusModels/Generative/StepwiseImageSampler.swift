import ApusTensor

/// A model that makes images step by step, perhaps of a class that it is told.
public protocol StepwiseImageSampler: ImageSampler {
  /// The most steps that images can be made in; nil where there is no end.
  var mostSteps: Int? { get }
  /// How many classes it can be told; 0 for none.
  var classes: Int { get }
  /// How images come out of noise, `[count, stages, height, width, channels]` in 0…1: the noise first, the images last.
  /// With fewer steps than `count` there are fewer stages.
  func stages(_ request: SampleRequest, count: Int) -> Tensor
}
