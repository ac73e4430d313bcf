extension ResolvedConfiguration: CommandResult {
    func human(_ style: Style) -> String {
        var values = TextTable("KEY", "VALUE", "ORIGIN")
        for setting in settings {
            let origin = setting.isReserved ? "\(setting.origin); no command reads it yet" : setting.origin
            values.add(setting.key, setting.value ?? style.warning("(variable not set)"), origin)
        }
        var connection = TextTable("CONNECTION", "VALUE", "ORIGIN")
        for part in server { connection.add(part.keyword, part.value, part.origin) }
        return """
            Configuration: \(file ?? "no dbctl.yaml found")
            Server: \(source)

            \(values.rendered(style))

            \(connection.rendered(style))
            """
    }
}
