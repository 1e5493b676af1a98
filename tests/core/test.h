/* test.h - the smallest harness that can say no. A test file includes it once, last, and holds tests named as sentences:

     TEST(a_sum_does_not_depend_on_the_order) { CHECK_INT(add(1, 2), add(2, 1)); }

   It brings main: a line a test, for each failing check file:line, the check and its values, and last "N passed, N failed" (tests).
   The exit status is the verdict. A test that checks nothing fails; before all others the harness shows that a failing check is
   counted as one. */
#ifndef FOLIO_TEST_H
#define FOLIO_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { TEST_MOST = 64, TEST_SHOWN = 10 }; /* tests in a file; failures of a test that are printed */

static struct {
    const char *names[TEST_MOST];
    void (*bodies[TEST_MOST])(void);
    size_t count;
    unsigned long checks, failures; /* of the test that runs */
    int silent;
    char note[160];
} test;

static inline void test_register(const char *name, void (*body)(void)) {
    if (test.count < TEST_MOST) {
        test.names[test.count] = name;
        test.bodies[test.count] = body;
    }
    test.count++;
}

/* constructor: C99 has no other way for a test to be known by standing there. */
#define TEST(name) \
    static void name(void); \
    __attribute__((constructor)) static void test_register_##name(void) { test_register(#name, name); } \
    static void name(void)

/* What the next checks are about, as printf: printed with their failures, until the next note or the end of the test. */
static inline void test_note(const char *format, ...) {
    va_list values;
    va_start(values, format);
    vsnprintf(test.note, sizeof test.note, format, values);
    va_end(values);
}

/* Counts a check; true where its failure is to be printed, of which this prints the beginning. */
static inline int test_failed(int passed, const char *file, int line, const char *check) {
    test.checks++;
    if (passed) return 0;
    test.failures++;
    if (test.silent || test.failures > TEST_SHOWN) return 0;
    printf("%s:%d: %s%s%s%s: ", file, line, check, test.note[0] ? " [" : "", test.note, test.note[0] ? "]" : "");
    return 1;
}

static inline void test_true(int passed, const char *file, int line, const char *check) {
    if (test_failed(passed, file, line, check)) printf("does not hold\n");
}

static inline void test_null(const char *fault, const char *file, int line, const char *check) {
    if (test_failed(fault == NULL, file, line, check)) printf("%s\n", fault);
}

static inline void test_int(long long actual, long long expected, const char *file, int line, const char *check) {
    if (test_failed(actual == expected, file, line, check)) printf("is %lld, expected %lld\n", actual, expected);
}

static inline void test_hex(unsigned long long actual, unsigned long long expected, const char *file, int line, const char *check) {
    if (test_failed(actual == expected, file, line, check)) printf("is 0x%llx, expected 0x%llx\n", actual, expected);
}

/* Written so that a NaN is wrong. */
static inline void test_near(double actual, double expected, double tolerance, const char *file, int line, const char *check) {
    double error = actual - expected;
    int passed = actual == expected || (error <= tolerance && -error <= tolerance);
    if (test_failed(passed, file, line, check)) printf("is %.17g, expected %.17g within %.3g\n", actual, expected, tolerance);
}

static inline void test_text(const char *actual, const char *expected, const char *file, int line, const char *check) {
    if (test_failed(strcmp(actual, expected) == 0, file, line, check)) printf("is \"%s\", expected \"%s\"\n", actual, expected);
}

#define CHECK(condition) test_true((condition) ? 1 : 0, __FILE__, __LINE__, #condition)
/* NULL is right; anything else is a sentence that says what is wrong. */
#define CHECK_NULL(fault) test_null(fault, __FILE__, __LINE__, #fault)
#define CHECK_INT(actual, expected) test_int((long long)(actual), (long long)(expected), __FILE__, __LINE__, #actual)
#define CHECK_HEX(actual, expected) test_hex(actual, expected, __FILE__, __LINE__, #actual)
#define CHECK_TEXT(actual, expected) test_text(actual, expected, __FILE__, __LINE__, #actual)
/* |actual - expected| <= atol + rtol |expected|. */
#define CHECK_NEAR(actual, expected, atol, rtol) \
    test_near(actual, expected, (atol) + (rtol) * ((expected) < 0 ? -(expected) : (expected)), __FILE__, __LINE__, #actual)

/* Runs a test; true if it passed. */
static inline int test_run(void (*body)(void)) {
    test.checks = test.failures = 0;
    test.note[0] = 0;
    body();
    return test.checks > 0 && test.failures == 0;
}

static inline void test_that_fails(void) {
    volatile double nan = 0;
    nan /= nan;
    CHECK(0);
    CHECK_NULL("a fault");
    CHECK_INT(1, 2);
    CHECK_HEX(1, 2);
    CHECK_TEXT("a", "b");
    CHECK_NEAR(1.0, 1.2, 0.1, 0.05);
    CHECK_NEAR(nan, 1.0, 1.0, 1.0);
    CHECK(1);
}

static inline void test_that_checks_nothing(void) {}

/* True if each kind of check can fail, is counted, and makes its test fail. */
static inline int test_can_fail(void) {
    test.silent = 1;
    int failed = !test_run(test_that_fails) && test.failures == 7 && test.checks == 8 && !test_run(test_that_checks_nothing);
    test.silent = 0;
    return failed;
}

int main(void) {
    size_t passed = 0;
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* a sanitizer that stops the program leaves what was said before */
    if (!test_can_fail()) return printf("test.h: a failing check was not counted\n0 passed, 1 failed\n"), 1;
    if (test.count > TEST_MOST) return printf("test.h: more than %d tests in a file\n0 passed, 1 failed\n", TEST_MOST), 1;
    for (size_t i = 0; i < test.count; i++) {
        int right = test_run(test.bodies[i]);
        passed += right ? 1 : 0;
        printf("%s ", right ? "ok  " : "FAIL");
        for (const char *c = test.names[i]; *c; c++) putchar(*c == '_' ? ' ' : *c);
        if (test.checks == 0) printf(" (checks nothing)");
        if (test.failures) printf(" (%lu of %lu checks failed)", test.failures, test.checks);
        putchar('\n');
    }
    printf("%lu passed, %lu failed\n", (unsigned long)passed, (unsigned long)(test.count - passed));
    return passed == test.count && passed > 0 ? 0 : 1;
}

#endif
