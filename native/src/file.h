/* Small files and sockets in a folder. */
#ifndef HULL_FILE_H
#define HULL_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Writes a new file, mode 0600. False with errno. */
bool file_write(int directory_fd, const char *name, const void *bytes, size_t length);

/* Reads at most `size` bytes; 0 when there is no such file. */
size_t file_read(int directory_fd, const char *name, void *bytes, size_t size);

/* Replaces a file so that a crash leaves the old one or the new one: write, fsync, rename, fsync of the folder. */
bool file_replace(int directory_fd, const char *name, const void *bytes, size_t length);

/* Takes room on the disk for a later file_replace, which a full disk then cannot stop; and gives it back unused. */
void file_reserve(int directory_fd, const char *name, size_t length);
void file_forget(int directory_fd, const char *name);

/* A listening unix socket, mode 0600, non-blocking, whatever the length of the folder's path. -1 with errno. */
int file_listen(int directory_fd, const char *name);

#endif
