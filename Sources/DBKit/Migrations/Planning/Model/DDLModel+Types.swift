import Postgres

extension DDLModel {
    private enum Change { case none, rewrite }

    mutating func weigh(
        typeOf name: String, _ type: TypeName, hasUsing: Bool, collates: Bool, _ tree: [RelationFacts]
    ) throws(UnknownSyntax) {
        guard let target = facts.types[type.lookup] else {
            throw UnknownSyntax(reason: "there is no type \(type.lookup) now")
        }
        for table in tree {
            guard let column = table.column(name) else {
                if table.isNew { continue }
                throw UnknownSyntax(reason: "\(table.label) has no column \(RelationName.shown(name)) now")
            }
            // What an earlier statement of the plan added is not known by its number.
            let verdict: Change = hasUsing ? .rewrite : try change(column, target, type)
            if verdict == .rewrite { builder.rewrite(table, "the values are converted to \(type.lookup)") }
            weighDependants(of: column, table, target, isRewritten: verdict == .rewrite, collates: collates)
        }
    }

    /// Whether the values stay as they are on disk. Source: ATColumnChangeRequiresRewrite of tablecmds.c, and the
    /// support functions of the types' length coercions.
    private func change(
        _ column: RelationFacts.Column, _ target: CatalogFacts.TypeFacts, _ type: TypeName
    ) throws(UnknownSyntax) -> Change {
        guard column.type != 0 else { throw UnknownSyntax(reason: "the column is new in this plan") }
        if target.isChecked { return column.type == target.oid ? .none : .rewrite }
        if type.hasUnknownModifier { throw UnknownSyntax(reason: "fields of an interval are not compared here") }
        let modifier = target.isDomain ? target.modifier : TypeModifier.encoded(type, target.base)
        let isSame = column.baseType == target.base
        let isTimeZoneChange =
            Set([column.baseType, target.base]) == [TypeModifier.timestamp, TypeModifier.timestamptz]
        guard isSame || facts.binaryCasts.contains([column.baseType, target.base]) || isTimeZoneChange && facts.isUTC
        else { return .rewrite }
        // A relabelled value has no length to compare with.
        let current = isSame ? column.baseModifier : -1
        return TypeModifier.isFree(of: target.base, from: current, to: modifier) ? .none : .rewrite
    }

    private mutating func weighDependants(
        of column: RelationFacts.Column, _ table: RelationFacts, _ target: CatalogFacts.TypeFacts, isRewritten: Bool,
        collates: Bool
    ) {
        // The same operators find the same rows: then a foreign key is not looked at again.
        let comparesOtherwise = defaultClass(Self.btree, column.baseType) != defaultClass(Self.btree, target.base)
        for constraint in table.constraints where constraint.type == "c" && constraint.columns.contains(column.name) {
            builder.scan(table, "CHECK \(constraint.name) is checked again")
        }
        for key in table.foreignKeys where key.columns.contains(column.name) {
            lockEnd(key.target, .accessExclusive)
            if isRewritten || comparesOtherwise { scanForeignKey(key, table) }
        }
        for key in table.references where key.targetColumns.contains(column.name) {
            lockEnd(key.owner, .accessExclusive)
            if isRewritten || comparesOtherwise, let owner = facts.relations[key.owner] { scanForeignKey(key, owner) }
        }
        guard !isRewritten else { return }
        for index in table.indexes where index.refersTo.contains(column.name) && !index.isPartitioned {
            let changesClass = index.keys.contains { key in
                key.column == column.name && takesOtherClass(key, index.method, column.baseType, target.base)
            }
            if index.hasExpression || index.hasPredicate || changesClass || collates {
                builder.buildIndex(table, "index \(index.name) is built again")
            }
        }
    }

    private mutating func scanForeignKey(_ key: RelationFacts.Constraint, _ table: RelationFacts) {
        guard key.isValidated else { return }
        builder.scan(table, "\(EffectBuilder.foreignKeyReason) again for foreign key \(key.name)")
    }

    /// An index that took the class of its type by itself takes that of the new one.
    private func takesOtherClass(_ key: RelationFacts.Index.Key, _ method: Int, _ old: Int, _ new: Int) -> Bool {
        guard old != new, key.operatorClass == defaultClass(method, old) else { return false }
        return defaultClass(method, new) != key.operatorClass
    }

    /// The OID of the access method, the same on every server.
    private static let btree = 403

    private func defaultClass(_ method: Int, _ type: Int) -> Int? {
        if let exact = facts.defaultClasses[[method, type]] { return exact }
        let near = facts.binaryCasts.filter { $0.first == type }.compactMap { facts.defaultClasses[[method, $0[1]]] }
        return near.min()
    }
}

/// The lengths and precisions of types, as pg_attribute.atttypmod has them.
enum TypeModifier {
    static let bpchar = 1042
    static let varchar = 1043
    static let numeric = 1700
    static let bit = 1560
    static let varbit = 1562
    static let time = 1083
    static let timetz = 1266
    static let timestamp = 1114
    static let timestamptz = 1184
    static let interval = 1186

    /// -1: without a limit.
    static func encoded(_ type: TypeName, _ base: Int) -> Int {
        guard let first = type.modifiers.first, !type.isArray else { return type.modifiers.isEmpty ? -1 : -2 }
        switch base {
        case bpchar, varchar: return first + 4
        case numeric:
            let scale = type.modifiers.count > 1 ? type.modifiers[1] : 0
            return (first << 16 | scale & 0x7FF) + 4
        case interval: return 0x7FFF << 16 | min(first, 6)
        case time, timetz, timestamp, timestamptz: return min(first, 6)
        default: return first
        }
    }

    /// Whether values with the old modifier fit the new one without being looked at.
    static func isFree(of base: Int, from old: Int, to new: Int) -> Bool {
        if old == new || new == -1 { return true }
        switch base {
        case varchar: return old >= 4 && new >= old
        case varbit: return old > 0 && new >= old
        case numeric:
            guard old >= 4 else { return false }
            let isSameScale = (old - 4) & 0x7FF == (new - 4) & 0x7FF
            return isSameScale && (new - 4) >> 16 >= (old - 4) >> 16
        case time, timetz, timestamp, timestamptz: return new >= 6 || old != -1 && new >= old
        case interval:
            // Both over all fields.
            guard new >> 16 == 0x7FFF, old == -1 || old >> 16 & 0x7FFF == 0x7FFF else { return false }
            let precision = new & 0xFFFF
            return precision >= 6 || old != -1 && precision >= old & 0xFFFF
        default: return false
        }
    }
}
