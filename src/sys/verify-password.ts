/** True when a bcrypt hash (`$2a$`, `$2b$`, `$2y$`) is of this password. Off the event loop. */
export function verifyPassword(password: string, hash: string): Promise<boolean> {
	// Apache's prefix names the same algorithm.
	return Bun.password.verify(password, hash.replace(/^\$2[ay]\$/, "$2b$"), "bcrypt");
}
