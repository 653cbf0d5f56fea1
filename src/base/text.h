/* Strict parsing and safe building of text. atoi, strtok, sprintf and friends are banned from the
 * tree; this is what replaces them.
 */
#ifndef NETWRIGHT_BASE_TEXT_H
#define NETWRIGHT_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The whole of `text` must be one integer of base 8, 10 or 16 (no 0x), no
 * blanks, no sign for the unsigned form. Returns 0, -EINVAL or -ERANGE; *ret set only on success.
 */
int text_parse_u64(const char *text, size_t len, unsigned int base, uint64_t *ret);
int text_parse_i64(const char *text, size_t len, int64_t *ret);

/* A duration such as "10s", "500ms", "2min"; a bare number is seconds. In (0, max_seconds].
 * Returns 0, -EINVAL or -ERANGE.
 */
int text_parse_duration(const char *text, double max_seconds, double *ret_seconds);

/* Splits off the next blank-separated (space, tab) word of *rest; *rest advances past it. Returns
 * false at the end of the text. Words point into the text, which is not modified.
 */
struct text_span {
	const char *at;
	size_t len;
};
bool text_next_word(struct text_span *rest, struct text_span *ret_word);
/* Likewise the next line, without its newline; a last line without a newline counts. */
bool text_next_line(struct text_span *rest, struct text_span *ret_line);
size_t text_count_lines(struct text_span text);
bool text_span_equal(struct text_span span, const char *word);
/* Whether two texts are the same words, whatever blanks are between and around them. */
bool text_same_words(const char *a, const char *b);
/* Without what is blank (space, tab, CR, VT, FF) at either end. */
struct text_span text_span_trim(struct text_span span);
/* Parts "KEY = VALUE" at its first '=', both trimmed. False: there is none, and nothing is written.
 */
bool text_split_setting(struct text_span line, struct text_span *ret_key,
			struct text_span *ret_value);

/* Whether all are printable characters of ASCII, the blank among them. */
bool text_is_printable(const char *text, size_t len);

/* Copies up to the first NUL, at most size - 1 bytes, and always terminates; control characters and
 * bytes above 0x7e become '?', so that hostile names (a process's comm, an interface) cannot drive
 * a terminal.
 */
void text_copy_printable(char *dst, size_t size, const char *src, size_t len);

#endif
