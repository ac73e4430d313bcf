import Glibc

/// A serial executor on a thread of its own.
///
/// libpq's waits block their thread. On the shared pool a hundred of them would starve every other task; on dispatch
/// queues they were measured at twice the threads. POSIX mutex and condition, because the thread sanitizer
/// understands them.
@safe final class ThreadExecutor: SerialExecutor, @unchecked Sendable {
    /// What waits for the thread, and as whose isolation it runs: this executor's, or that of somebody who borrows the
    /// thread.
    private struct Entry {
        let job: UnownedJob
        let executor: any SerialExecutor
    }

    // Touched only under `mutex`.
    private var jobs: [Entry] = []
    private var thread: pthread_t?
    private var isShutDown = false
    private var hasThread = true
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() throws(PostgresError) {
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(condition, nil)
        var thread = pthread_t()
        // The thread keeps the executor alive until shutDown().
        let retained = unsafe Unmanaged.passRetained(self)
        let code = unsafe pthread_create(
            &thread,
            nil,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<ThreadExecutor>.fromOpaque(argument).takeRetainedValue().work()
                }
                return nil
            },
            retained.toOpaque()
        )
        guard code == 0 else {
            unsafe retained.release()
            throw PostgresError(.usage, "no thread for a connection (errno \(code))")
        }
        pthread_detach(thread)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        enqueue(UnownedJob(job), as: self)
    }

    /// Lends the thread to a job of another executor.
    func enqueue(_ job: UnownedJob, as executor: any SerialExecutor) {
        unsafe pthread_mutex_lock(mutex)
        jobs.append(Entry(job: job, executor: executor))
        let needsThread = !hasThread
        hasThread = true
        unsafe pthread_cond_signal(condition)
        unsafe pthread_mutex_unlock(mutex)
        if needsThread { detachThread { self.work() } }
    }

    /// Lets the thread end once it has nothing left to do. Jobs that arrive later start another one: whoever finds the
    /// connection closed must be told so, and not wait for ever (`ConcurrencySessionTests.closed`).
    func shutDown() {
        unsafe pthread_mutex_lock(mutex)
        isShutDown = true
        unsafe pthread_cond_signal(condition)
        unsafe pthread_mutex_unlock(mutex)
    }

    /// A borrower runs on this thread, so that no job of our own can run meanwhile.
    func isIsolatingCurrentContext() -> Bool? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false
    }

    func checkIsolated() {
        precondition(isIsolatingCurrentContext() == true, "not on the connection's thread")
    }

    private func work() {
        while let batch = nextBatch() {
            for entry in batch { unsafe entry.job.runSynchronously(on: entry.executor.asUnownedSerialExecutor()) }
        }
    }

    private func nextBatch() -> [Entry]? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        thread = pthread_self()
        while jobs.isEmpty, !isShutDown { unsafe pthread_cond_wait(condition, mutex) }
        guard !jobs.isEmpty else {
            hasThread = false
            thread = nil
            return nil
        }
        defer { jobs = [] }
        return jobs
    }
}
