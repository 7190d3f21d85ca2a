// The newest migration this code needs. A test keeps it equal to the last file in db/migrations.
export const LATEST_MIGRATION = "0001_engine";
