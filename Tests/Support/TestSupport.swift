// A test that has the fixtures has the servers, too.
@_exported public import TestServers
