import ApusFiles

/// A standard MIDI file of one track (MIDI Manufacturers Association 1996, format 0).
public struct MIDIFile: Sendable {
  public var melody: Melody
  /// Quarter notes a minute.
  public var tempo: Int
  /// Of General MIDI, from 0: a piano.
  public var instrument: Int

  /// Traps on a tempo or an instrument that cannot be.
  public init(_ melody: Melody, tempo: Int = 120, instrument: Int = 0) {
    guard (4...600).contains(tempo), (0...127).contains(instrument) else {
      fatalError("MIDIFile: tempo \(tempo) and instrument \(instrument), expected 4 to 600 and 0 to 127")
    }
    (self.melody, self.tempo, self.instrument) = (melody, tempo, instrument)
  }

  public var bytes: [UInt8] {
    func number(_ value: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(value >> (8 * (count - 1 - $0)) & 0xFF) }
    }
    /// Seven bits a byte, all but the last marked.
    func time(_ value: Int) -> [UInt8] {
      var bytes = [UInt8(value & 0x7F)]
      var rest = value >> 7
      while rest > 0 {
        bytes.insert(UInt8(rest & 0x7F | 0x80), at: 0)
        rest >>= 7
      }
      return bytes
    }
    var track: [UInt8] = [0, 0xFF, 0x51, 3] + number(60_000_000 / tempo, 3) + [0, 0xC0, UInt8(instrument)]
    var wait = 0
    for note in melody.notes {
      if let pitch = note.pitch {
        track += time(wait) + [0x90, UInt8(pitch), 80] + time(note.length) + [0x80, UInt8(pitch), 0]
        wait = 0
      } else {
        wait += note.length
      }
    }
    track += time(wait) + [0xFF, 0x2F, 0]
    let header = Array("MThd".utf8) + number(6, 4) + number(0, 2) + number(1, 2) + number(Melody.whole / 4, 2)
    return header + Array("MTrk".utf8) + number(track.count, 4) + track
  }

  public func write(to path: String) throws(FileError) { try AtomicFile.write(bytes, to: path) }
}
