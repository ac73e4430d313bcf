import Glibc

/// Knocks at a server's door: a second connection that asks for TLS, waits for one byte and goes away.
///
/// The postmaster has to fork a process for the answer, so that a server whose kernel still accepts connections and
/// whose processes are stopped gives none. It logs in to nothing, takes no slot, and leaves no complaint in the
/// server's log. It never blocks: the caller polls its descriptor together with others.
final class LivenessProbe {
    private let socket: RawSocket
    private var state = State.connecting

    private enum State {
        case connecting
        case asked
        /// No answer will come; polled further, the dead socket would be ready at once, again and again.
        case failed
    }

    /// Nil when this machine cannot open a socket, which says nothing about the server.
    init?(_ address: ServerAddress) {
        do throws(PostgresError) {
            socket = try RawSocket(beginning: address)
        } catch {
            return nil
        }
    }

    /// -1, which poll(2) ignores, once no answer can come any more.
    var descriptor: Int32 { state == .failed ? -1 : socket.descriptor }
    var events: Int32 { state == .asked ? POLLIN : POLLOUT }

    /// The next step, once poll(2) has reported the descriptor.
    ///
    /// - Returns: True when the other side lives. A refusal counts: it comes from a living kernel, which would have
    ///   closed the silent session, too, had its process ended.
    func advance() -> Bool {
        switch state {
        case .connecting:
            switch socket.connectError {
            case 0:
                // Eight bytes into an empty buffer: all or nothing.
                switch socket.write(StartupProtocol.sslRequest[...]) {
                case .moved: state = .asked
                case .ended: return true
                case .waits, .broken: state = .failed
                }
                return false
            case ECONNREFUSED, ECONNRESET, ENOENT: return true
            default:
                state = .failed
                return false
            }
        case .asked:
            switch socket.read(upTo: 1) {
            case .moved, .ended: return true
            case .waits: return false
            case .broken:
                state = .failed
                return false
            }
        case .failed: return false
        }
    }
}
