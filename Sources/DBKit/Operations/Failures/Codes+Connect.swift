// Getting to the machine at all: before any server has spoken.

extension FailureCode {
    public static let connectRefused = FailureCode("connect.refused", .unavailable)
    public static let connectDNS = FailureCode("connect.dns", .unavailable)
    public static let connectNoSocket = FailureCode("connect.no_socket", .unavailable)
    public static let connectTimeout = FailureCode("connect.timeout", .unavailable)
    public static let connectHang = FailureCode("connect.hang", .unavailable)
    public static let connectUnreachable = FailureCode("connect.unreachable", .unavailable)
    public static let connectLost = FailureCode("connect.lost", .unavailable)
    public static let connectParameters = FailureCode("connect.parameters", .configuration)
}

extension FailureCatalogue {
    static let connect: [Entry] = [
        Entry(
            .connectRefused,
            "The machine answers, but nothing listens on that address and port.",
            causes: [
                "PostgreSQL is not running, or is still being started by its service manager.",
                "It listens on another port, or only on another address (listen_addresses = 'localhost').",
                "A firewall rejects the connection actively.",
            ],
            next: [
                "On the server: `systemctl status postgresql` (or `pg_lsclusters`), then "
                    + "`ss -ltnp | grep postgres` shows where it listens.",
                "`dbctl check --explain-url` shows which host and port were tried and where they came from.",
                "Not running: start it and read its log from the end. Listening elsewhere: correct the URL, or "
                    + "listen_addresses and port in postgresql.conf (needs a restart).",
            ]
        ),
        Entry(
            .connectDNS,
            "The host name does not resolve to an address.",
            causes: [
                "A typing error in the host name, or a name that only an internal name server knows (VPN, container).",
                "The name server cannot be reached or is slow.",
            ],
            next: [
                "`getent hosts NAME` asks the same resolver that dbctl uses.",
                "`dbctl check --explain-url` shows where the host name came from.",
                "Urgent? Put the address into the URL: `host=NAME hostaddr=10.0.0.5` keeps the certificate check.",
            ]
        ),
        Entry(
            .connectNoSocket,
            "There is no server socket in that folder on this machine.",
            causes: [
                "No host was given, so libpq looked for a local socket, and the server is elsewhere.",
                "The server is not running.",
                "The server puts its socket into another folder (unix_socket_directories).",
            ],
            next: [
                "Server on another machine: give its host in the URL, DATABASE_URL or PGHOST.",
                "Server on this machine: `ls -l /var/run/postgresql /tmp/.s.PGSQL.*` shows the sockets that there "
                    + "are; then `host=/that/folder` and the port from the file's name.",
                "No socket at all: `systemctl status postgresql` or `pg_lsclusters`.",
            ]
        ),
        Entry(
            .connectTimeout,
            "The machine did not answer the connection request within the deadline.",
            causes: [
                "A firewall or security group drops the packets silently.",
                "The address is wrong, or the machine is off.",
                "The network between is broken or overloaded.",
            ],
            next: [
                "`nc -vz -w 5 HOST PORT` from this machine, then from the server itself.",
                "Check security group, firewall and VPN for this machine's address and that port.",
                "`ping HOST`: no answer either means address or route, not PostgreSQL.",
            ]
        ),
        Entry(
            .connectHang,
            "Something accepted the connection and then said nothing: the server process is stopped, stuck or not "
                + "PostgreSQL.",
            causes: [
                "The server is frozen (SIGSTOP, a debugger, a suspended virtual machine) or starved: disk stalled, "
                    + "swapping, out of CPU.",
                "It is too busy to fork: a connection storm.",
                "A pooler that cannot log in to its server, and lets clients wait until it tries again "
                    + "(server_login_retry, 15 s).",
                "The port belongs to something else, or to a load balancer whose server is gone.",
            ],
            next: [
                "On the server: `ps -o pid,stat,wchan:20,cmd -C postgres`. State T is stopped (`kill -CONT PID`), "
                    + "D waits for the disk.",
                "`dmesg -T | tail`, `vmstat 1`, `df -h`: disk, memory and CPU.",
                "Through a load balancer or proxy: try the server's own address.",
                "Do not `kill -9` the postmaster: a fast shutdown is `pg_ctl stop -m fast`.",
            ]
        ),
        Entry(
            .connectUnreachable,
            "The network has no way to that address, or this user may not use that socket.",
            causes: [
                "No route to the host or network: VPN down, wrong subnet.",
                "The socket's folder or file is closed to this operating-system user.",
            ],
            next: [
                "`ip route get ADDRESS` shows the way that packets would take.",
                "Socket: `ls -ld` its folder; unix_socket_permissions and unix_socket_group decide.",
            ]
        ),
        Entry(
            .connectLost,
            "The connection broke off without a word from the server.",
            causes: [
                "The server process was killed (out of memory, kill -9) or crashed.",
                "Something between cut the connection: firewall idle timeout, load balancer, proxy, network.",
                "The port does not speak PostgreSQL's protocol.",
            ],
            next: [
                "Read the server's log of that minute: \"terminated by signal 9\" is the OOM killer "
                    + "(`dmesg -T | grep -i oom`), signal 11 a crash.",
                "Nothing in the log: the cut came from the network. keepalives_idle below the firewall's idle limit "
                    + "helps.",
                "A COMMIT in flight may have taken effect: look before running anything again.",
            ]
        ),
        Entry(
            .connectParameters,
            "The connection string or one of its parameters cannot be understood by libpq.",
            causes: [
                "A password with @ : / or % in a URL that is not percent-encoded.",
                "A parameter that libpq does not know, a bad port, or a service that pg_service.conf does not have.",
                "A client setting that contradicts itself (a client certificate without its key).",
            ],
            next: [
                "`dbctl check --explain-url` shows each part and where it came from.",
                "Percent-encode: @ is %40, : is %3A, / is %2F, % is %25. Or leave the password out and use "
                    + "PGPASSWORD or ~/.pgpass.",
            ]
        ),
    ]
}
