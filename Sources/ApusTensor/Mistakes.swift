import ApusCore
import ApusRuntime
import Synchronization

/// What becomes of a mistake in the use of an operation.
enum Mistakes {
  /// The first mistake made inside a `checked` call.
  final class Record: Sendable {
    private let first = Mutex<OpError?>(nil)
    func note(_ error: OpError) { first.withLock { $0 = $0 ?? error } }
    var error: OpError? { first.withLock { $0 } }
  }

  @TaskLocal static var record: Record?

  /// Stops the program, or inside `checked` notes the mistake and goes on with a stand-in.
  static func report(_ error: OpError) -> Tensor {
    guard let record else { fatalError(error.description) }
    record.note(error)
    return standIn
  }

  /// What a call gives after a mistake inside `checked`.
  static var standIn: Tensor { Tensor(.constant(.nan, .float32)) }

  /// The elements of what has no value after a mistake: zeros.
  static func standInBuffer(_ type: TensorType) -> Buffer {
    [UInt8](repeating: 0, count: type.byteCount).withUnsafeBytes { Buffer(copying: $0) }
  }

  static func require(_ condition: Bool, _ message: @autoclosure () -> String) {
    if condition { return }
    guard let record else { fatalError(message()) }
    record.note(OpError(message()))
  }

  static var hasFailed: Bool { record?.error != nil }
}

/// Runs `body` and throws the first mistake in the use of an operation (shapes, types, axes) that would otherwise stop
/// the program: for servers, notebooks and tests.
///
/// After a mistake the rest of `body` works on stand-ins whose values mean nothing and are never returned.
public func checked<R>(_ body: () throws -> R) throws -> R {
  let record = Mistakes.Record()
  let result = try Mistakes.$record.withValue(record) {
    try GraphMistakes.$note.withValue({ record.note($0) }, operation: body)
  }
  if let error = record.error { throw error }
  return result
}

extension Tensor {
  /// What a function of your own returns for operands that it cannot take: the message stops the program, or inside
  /// `checked` it is thrown and the result is a stand-in.
  public static func mistake(_ message: String) -> Tensor { Mistakes.report(OpError(message)) }
}
