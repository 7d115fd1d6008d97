/// How a network takes in its images: by how much it shrinks them before and in its first stages.
public enum ImageStem: String, CaseIterable, Hashable, Sendable {
  /// As published, for photographs of about 224 pixels.
  case large
  /// Without the first steps, for images of 28 or 32 pixels.
  case small
}
