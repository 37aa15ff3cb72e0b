/*
 * confine: starts a program that cannot reach what it has no need of (Landlock, landlock(7)), without any privilege.
 *
 *   confine [--hide PATH]... [--read PATH]... [--write PATH]... [--no-tcp] -- PROGRAM [ARGUMENT]...
 *
 * --hide: everything else in the file system stays as it is. Otherwise only what stands behind --read (which is read and
 * executed) and --write (which is written, too) can be opened. Signals and abstract sockets reach nobody outside, either.
 * Ends with 125 when the kernel cannot do it; the program is not started then.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From linux/landlock.h, of which distributions have older versions than their kernels. */
#define CREATE_RULESET 444
#define ADD_RULE 445
#define RESTRICT_SELF 446
#define VERSION_FLAG 1u
#define PATH_BENEATH 1

#define EXECUTE (1ull << 0)
#define WRITE_FILE (1ull << 1)
#define READ_FILE (1ull << 2)
#define READ_DIR (1ull << 3)
#define REFER (1ull << 13)
#define TRUNCATE (1ull << 14)
#define FIRST_RIGHTS ((1ull << 13) - 1)
#define RIGHTS_OF_FILES (EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE)
#define TO_READ (EXECUTE | READ_FILE | READ_DIR)
#define TCP 3ull
#define SCOPES 3ull

struct ruleset {
	uint64_t files;
	uint64_t network;
	uint64_t scopes;
};

struct __attribute__((packed)) rule {
	uint64_t rights;
	int32_t parent;
};

static const char *hidden[32];
static int hidden_count;
static int ruleset = -1;
static uint64_t handled;

static void fail(const char *what)
{
	fprintf(stderr, "confine: %s: %s\n", what, strerror(errno));
	exit(125);
}

static void allow(const char *path, uint64_t rights)
{
	struct stat status;
	struct rule rule = { rights & handled, open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC) };

	if (rule.parent < 0)
		return;
	if (fstat(rule.parent, &status) != 0)
		fail(path);
	/* What a link points to has a rule of its own. */
	if (!S_ISLNK(status.st_mode)) {
		if (!S_ISDIR(status.st_mode))
			rule.rights &= RIGHTS_OF_FILES;
		if (syscall(ADD_RULE, ruleset, PATH_BENEATH, &rule, 0) != 0)
			fail(path);
	}
	close(rule.parent);
}

/* Everything in a folder but what is hidden, or leads there. */
static void allow_around(const char *folder)
{
	DIR *entries = opendir(folder);
	struct dirent *entry;

	if (entries == NULL)
		return;
	while ((entry = readdir(entries)) != NULL) {
		char path[PATH_MAX];
		int leads = 0, is_hidden = 0;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof path, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, entry->d_name);
		for (int i = 0; i < hidden_count; i++) {
			const size_t length = strlen(path);

			is_hidden |= strcmp(hidden[i], path) == 0;
			leads |= strncmp(hidden[i], path, length) == 0 && hidden[i][length] == '/';
		}
		if (is_hidden)
			continue;
		if (leads)
			allow_around(path);
		else
			allow(path, handled);
	}
	closedir(entries);
}

static void hide(const char *path)
{
	char *real = realpath(path, NULL);

	if (real == NULL)
		return;
	if (hidden_count == sizeof hidden / sizeof *hidden) {
		errno = E2BIG;
		fail(path);
	}
	hidden[hidden_count++] = real;
}

static void create(int without_tcp)
{
	const long version = syscall(CREATE_RULESET, NULL, 0, VERSION_FLAG);
	struct ruleset wanted = { FIRST_RIGHTS, 0, 0 };

	if (version < 1)
		fail("Landlock");
	if (version >= 2)
		wanted.files |= REFER;
	if (version >= 3)
		wanted.files |= TRUNCATE;
	if (without_tcp) {
		if (version < 4) {
			errno = ENOTSUP;
			fail("Landlock for connections");
		}
		wanted.network = TCP;
	}
	if (version >= 6)
		wanted.scopes = SCOPES;
	handled = wanted.files;
	ruleset = syscall(CREATE_RULESET, &wanted, sizeof wanted, 0);
	if (ruleset < 0)
		fail("Landlock");
}

int main(int argc, char **argv)
{
	int without_tcp = 0, hides = 0, at;

	for (at = 1; at < argc && strcmp(argv[at], "--") != 0; at++) {
		if (strcmp(argv[at], "--no-tcp") == 0)
			without_tcp = 1;
		else if (strcmp(argv[at], "--hide") == 0 && at + 1 < argc) {
			hides = 1;
			hide(argv[++at]);
		} else if ((strcmp(argv[at], "--read") == 0 || strcmp(argv[at], "--write") == 0) && at + 1 < argc)
			at++;
		else {
			errno = EINVAL;
			fail(argv[at]);
		}
	}
	if (at + 1 >= argc) {
		errno = EINVAL;
		fail("no program");
	}
	create(without_tcp);
	if (hides)
		allow_around("/");
	for (int i = 1; i < at; i++) {
		if (strcmp(argv[i], "--read") == 0)
			allow(realpath(argv[i + 1], NULL) ?: argv[i + 1], TO_READ);
		if (strcmp(argv[i], "--write") == 0)
			allow(realpath(argv[i + 1], NULL) ?: argv[i + 1], handled);
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(RESTRICT_SELF, ruleset, 0) != 0)
		fail("Landlock");
	close(ruleset);
	execvp(argv[at + 1], argv + at + 1);
	fail(argv[at + 1]);
}
