import { EngineError } from "../lib/index.ts";

const pattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** The file system's limit for one element of a path. */
const maxLength = 255;

/** A name is also a folder's, so nothing but Docker's grammar may pass. Errors: `invalid_argument`, Docker's texts. */
export function assertVolumeName(name: string): void {
	if (name.length === 1)
		throw invalid(name, "volume name is too short, names should be at least two alphanumeric characters");
	if (!pattern.test(name))
		throw invalid(
			name,
			`${JSON.stringify(name)} includes invalid characters for a local volume name, only ` +
				'"[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path',
		);
	if (name.length > maxLength) throw invalid(name, `volume name is longer than ${maxLength} characters`);
}

function invalid(name: string, problem: string): EngineError {
	return new EngineError("invalid_argument", `create ${name}: ${problem}`);
}
