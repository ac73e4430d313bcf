// DBKit is the sum of its rooms: importing it gives a program everything that dbctl itself is built from.
@_exported public import Backup
@_exported public import Diagnosis
@_exported public import Indexes
@_exported public import Migrations
@_exported public import Operations
@_exported public import Partitions
@_exported public import Postgres
@_exported public import Refresh
@_exported public import Sandbox
@_exported public import Storage
@_exported public import Tools
@_exported public import Triage
@_exported public import Workflows
