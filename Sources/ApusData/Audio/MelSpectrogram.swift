import ApusTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How strong sound is over time, in bands that ears tell apart (Stevens, Volkmann & Newman 1937): the logarithm of the
/// power of each frame in triangular bands on the mel scale, `[frames, bands]`.
///
/// Frames are weighted by Hann's window, whose periodic form is taken; bands are those of HTK, mel = 2595 log₁₀(1 + f/700),
/// of height 1. Torchaudio's `MelSpectrogram` without centring has the same numbers.
public struct MelSpectrogram: Sendable {
  public let sampleRate: Int
  /// Samples of a frame.
  public let frameLength: Int
  /// Samples from one frame's beginning to the next one's.
  public let hopLength: Int
  public let bands: Int
  /// Where the last band ends, in hertz.
  public let highestFrequency: Double
  /// Cosines and sines of each frequency, weighted by the window: `[frame, 2 · frequencies]`.
  private let waves: Tensor
  /// `[frequencies, bands]`
  private let filters: Tensor

  /// Traps when a length is not positive.
  ///
  /// - Parameter highestFrequency: Where the last band ends, half the sample rate unless given.
  public init(
    sampleRate: Int = 16_000, frameLength: Int = 400, hopLength: Int = 160, bands: Int = 40,
    highestFrequency: Double? = nil
  ) {
    guard sampleRate > 0, frameLength > 1, hopLength > 0, bands > 0 else {
      fatalError(
        "MelSpectrogram: rate \(sampleRate), frames of \(frameLength), hops of \(hopLength), \(bands) bands: "
          + "expected more than 0")
    }
    (self.sampleRate, self.frameLength, self.hopLength, self.bands) = (sampleRate, frameLength, hopLength, bands)
    let top = highestFrequency ?? Double(sampleRate) / 2
    self.highestFrequency = top
    let frequencies = frameLength / 2 + 1
    var waves = [Float](repeating: 0, count: frameLength * 2 * frequencies)
    for place in 0..<frameLength {
      let window = 0.5 - 0.5 * cos(2 * Double.pi * Double(place) / Double(frameLength))
      for frequency in 0..<frequencies {
        // The angle's whole turns are left out before it loses digits.
        let angle = 2 * Double.pi * Double(place * frequency % frameLength) / Double(frameLength)
        waves[place * 2 * frequencies + frequency] = Float(window * cos(angle))
        waves[place * 2 * frequencies + frequencies + frequency] = Float(window * sin(angle))
      }
    }
    self.waves = Tensor(waves, shape: [frameLength, 2 * frequencies])
    func mel(_ frequency: Double) -> Double { 2595 * log10(1 + frequency / 700) }
    let highest = mel(top)
    let edges = (0...(bands + 1)).map { 700 * (pow(10, highest * Double($0) / Double(bands + 1) / 2595) - 1) }
    var filters = [Float](repeating: 0, count: frequencies * bands)
    for frequency in 0..<frequencies {
      let hertz = Double(sampleRate) / 2 * Double(frequency) / Double(frequencies - 1)
      for band in 0..<bands {
        let (low, middle, high) = (edges[band], edges[band + 1], edges[band + 2])
        let height = min((hertz - low) / (middle - low), (high - hertz) / (high - middle))
        filters[frequency * bands + band] = Float(max(0, height))
      }
    }
    self.filters = Tensor(filters, shape: [frequencies, bands])
  }

  /// How many frames there are of so many samples: those that are whole.
  public func frames(of samples: Int) -> Int { samples < frameLength ? 0 : (samples - frameLength) / hopLength + 1 }

  /// Power in each band, `[frames, bands]`.
  public func power(_ samples: [Float]) -> Tensor {
    let count = frames(of: samples.count)
    var frames: [Float] = []
    frames.reserveCapacity(count * frameLength)
    for frame in 0..<count { frames += samples[(frame * hopLength)..<(frame * hopLength + frameLength)] }
    let parts = Tensor(frames, shape: [count, frameLength]).matmul(waves).squared()
    let frequencies = frameLength / 2 + 1
    return (parts[0..., 0..<frequencies] + parts[0..., frequencies...]).matmul(filters)
  }

  /// The natural logarithm of the power, of at least `floor`.
  public func callAsFunction(_ samples: [Float], floor: Double = 1e-6) -> Tensor {
    maximum(power(samples), floor).log()
  }
}
