// Debian has musl, but no libraries built for it. This is what libraries built for glibc take from it and musl does not
// have, so that Debian's libstdc++ and libnftables run on musl: the checked twins of functions, which pass the size of the
// buffer, and a few more. It goes by the name of glibc's loader, which those libraries ask for.
#include <stdarg.h>
#include <stddef.h>

// Declared here, as musl has them: glibc's headers would put its own in their place.
typedef struct FILE FILE;
extern FILE *stdout;
void abort(void);
void free(void *);
void *malloc(size_t);
void *memcpy(void *, const void *, size_t);
void *memmove(void *, const void *, size_t);
void *memset(void *, int, size_t);
char *strcat(char *, const char *);
char *strcpy(char *, const char *);
char *strncat(char *, const char *, size_t);
char *strncpy(char *, const char *, size_t);
int vasprintf(char **, const char *, va_list);
int vfprintf(FILE *, const char *, va_list);
int vsnprintf(char *, size_t, const char *, va_list);
size_t strftime_l(char *, size_t, const char *, const void *, void *);
int fcntl(int, int, long);
long getrandom(void *, size_t, unsigned);

#define PRINT(call) \
	va_list list; \
	va_start(list, format); \
	int printed = call; \
	va_end(list); \
	return printed

#define MOST 0x7fffffff

int __vfprintf_chk(FILE *to, int flag, const char *format, va_list list) { return vfprintf(to, format, list); }
int __fprintf_chk(FILE *to, int flag, const char *format, ...) { PRINT(vfprintf(to, format, list)); }
int __printf_chk(int flag, const char *format, ...) { PRINT(vfprintf(stdout, format, list)); }
int __vasprintf_chk(char **to, int flag, const char *format, va_list list) { return vasprintf(to, format, list); }
int __asprintf_chk(char **to, int flag, const char *format, ...) { PRINT(vasprintf(to, format, list)); }
int __vsnprintf_chk(char *to, size_t most, int flag, size_t room, const char *format, va_list list) {
	return vsnprintf(to, most, format, list);
}
int __snprintf_chk(char *to, size_t most, int flag, size_t room, const char *format, ...) {
	PRINT(vsnprintf(to, most, format, list));
}
int __vsprintf_chk(char *to, int flag, size_t room, const char *format, va_list list) {
	return vsnprintf(to, room < MOST ? room : MOST, format, list);
}
int __sprintf_chk(char *to, int flag, size_t room, const char *format, ...) {
	PRINT(vsnprintf(to, room < MOST ? room : MOST, format, list));
}
void *__memcpy_chk(void *to, const void *from, size_t bytes, size_t room) { return memcpy(to, from, bytes); }
void *__memset_chk(void *to, int byte, size_t bytes, size_t room) { return memset(to, byte, bytes); }
char *__strcpy_chk(char *to, const char *from, size_t room) { return strcpy(to, from); }
char *__strcat_chk(char *to, const char *from, size_t room) { return strcat(to, from); }
char *__strncpy_chk(char *to, const char *from, size_t bytes, size_t room) { return strncpy(to, from, bytes); }
char *__strncat_chk(char *to, const char *from, size_t bytes, size_t room) { return strncat(to, from, bytes); }
long __fdelt_chk(long fd) { return fd / 64; }
int fcntl64(int fd, int command, long argument) { return fcntl(fd, command, argument); }

// Of libgmp, for output that nobody asks for.
void _obstack_newchunk(void) { abort(); }
void obstack_vprintf(void) { abort(); }

// Of libstdc++ and libgcc: several threads there are; what threads leave behind stays; and there is no table of unwinding,
// so that they look for it the older way.
char __libc_single_threaded = 0;
int __cxa_thread_atexit_impl(void (*end)(void *), void *object, void *library) { return 0; }
int _dl_find_object(void *address, void *result) { return -1; }
unsigned __cpu_model[4];
int __cpu_indicator_init(void) { return 0; }
size_t __strftime_l(char *to, size_t most, const char *format, const void *time, void *locale) {
	return strftime_l(to, most, format, time, locale);
}
unsigned arc4random(void) {
	unsigned random;
	getrandom(&random, sizeof random, 0);
	return random;
}
// std::string's replacement of `old` characters at `at` by `fresh` ones that may lie in the string itself, before `tail`
// others. Node was built with a newer compiler, whose library has it as a function of its own.
void _ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE15_M_replace_coldEPcmPKcmm(
	void *string, char *at, size_t old, const char *from, size_t fresh, size_t tail) {
	char *copy = malloc(fresh + 1);
	memcpy(copy, from, fresh);
	if (tail > 0 && old != fresh) memmove(at + fresh, at + old, tail);
	memcpy(at, copy, fresh);
	free(copy);
}
