/**
 * One row per snapshot. `id` names its folder. `parent` is a chainId and no foreign key: layers are extracted in
 * parallel, so a layer may be there before the one it stands on.
 */
export const snapshotSchema = `
	CREATE TABLE snapshots (
		id INTEGER PRIMARY KEY,
		driver TEXT NOT NULL CHECK (driver IN ('overlay', 'plain')),
		kind TEXT NOT NULL CHECK (kind IN ('layer', 'active')),
		key TEXT NOT NULL,
		parent TEXT,
		bytes INTEGER NOT NULL,
		inodes INTEGER NOT NULL,
		UNIQUE (kind, key)
	) STRICT;
	CREATE INDEX snapshots_by_parent ON snapshots (parent);
`;
