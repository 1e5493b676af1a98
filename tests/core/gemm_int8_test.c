/* gemm_int8_test.c - the matrix product in whole numbers, against one that rounds with the C library and sums in integers. */
#include <math.h>

#include "ops_check.h"
#include "test.h"
#include "threads.h"

typedef struct {
    size_t M, N, K;
    int turned_a, turned_b; /* column-major */
    float *a, *b, *c;
    GemmOperand A, B;
} Product;

static GemmOperand operand(const float *data, size_t rows, size_t columns, int turned) {
    return turned ? (GemmOperand){data, 1, rows} : (GemmOperand){data, columns, 1};
}

static Product product_open(size_t M, size_t N, size_t K, int variant) {
    Product p = {M,   N,  K, variant & 1, (variant >> 1) & 1, ops_check_floats(M * K), ops_check_floats(K * N), ops_check_floats(M * N),
                 {0}, {0}};
    ops_check_fill(p.a, M * K, 3, 1);
    ops_check_fill(p.b, K * N, 0.01F, 2);
    p.A = operand(p.a, M, K, p.turned_a);
    p.B = operand(p.b, K, N, p.turned_b);
    return p;
}

static void product_close(Product *p) {
    free(p->a);
    free(p->b);
    free(p->c);
}

static float at(GemmOperand X, size_t i, size_t j) { return X.data[i * X.rs + j * X.cs]; }

/* The largest absolute value of a line's steps `from` .. `end`. */
static float largest(const float *line, size_t step, size_t from, size_t end) {
    float most = 0;
    for (size_t k = from; k < end; k++) most = fmaxf(most, fabsf(line[k * step]));
    return most;
}

static long level(float x, float most, float levels) { return most < 1e-30F ? 0 : lrintf(x * (levels / most)); }

static double expected(const Product *p, size_t i, size_t j) {
    double sum = 0;
    for (size_t from = 0; from < p->K; from += GEMM_KC) {
        size_t end = from + GEMM_KC < p->K ? from + GEMM_KC : p->K;
        float most_a = largest(p->A.data + i * p->A.rs, p->A.cs, from, end), most_b = largest(p->B.data + j * p->B.cs, p->B.rs, from, end);
        long whole = 0;
        for (size_t k = from; k < end; k++) whole += level(at(p->A, i, k), most_a, 127) * level(at(p->B, k, j), most_b, 63);
        sum += (double)whole * (double)(most_a / 127) * (double)(most_b / 63);
    }
    return sum;
}

/* Elements further from the reference than float sums of blocks go, which are about 0.2 here. */
static size_t wrong(const Product *p, int beta) {
    Exec exec = ops_check_exec(GEMM_SCRATCH);
    size_t count = 0;
    test_note("M %lu N %lu K %lu turned %d %d", (unsigned long)p->M, (unsigned long)p->N, (unsigned long)p->K, p->turned_a, p->turned_b);
    for (size_t i = 0; i < p->M * p->N; i++) p->c[i] = beta ? (float)(i % 7) : (float)NAN;
    gemm_int8(&exec, p->M, p->N, p->K, p->A, p->B, beta, p->c, p->N);
    for (size_t i = 0; i < p->M * p->N; i++) {
        double right = expected(p, i / p->N, i % p->N) + (beta ? (double)(i % 7) : 0);
        count += !(fabs((double)p->c[i] - right) <= 2e-6 * (fabs(right) + 0.2));
    }
    return count;
}

TEST(it_is_the_product_of_the_rounded_operands_at_every_edge) {
    for (size_t M = 1; M <= 9; M++)
        for (size_t N = 1; N <= 17; N++)
            for (size_t K = 1; K <= 9; K++) {
                Product p = product_open(M, N, K, (int)(M + N + K));
                CHECK_INT(wrong(&p, (int)(M + N) & 1), 0);
                product_close(&p);
            }
}

TEST(and_around_its_blocks) {
    static const size_t sizes[][3] = {
        {GEMM_MC - 1, 9, GEMM_KC - 1}, {GEMM_MC, 8, GEMM_KC}, {GEMM_MC + 1, 11, GEMM_KC + 1}, {5, GEMM_NC + 1, 7}, {6, GEMM_NC - 1, 600}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int variant = 0; variant < 4; variant++) {
            Product p = product_open(sizes[i][0], sizes[i][1], sizes[i][2], variant);
            CHECK_INT(wrong(&p, variant & 1), 0);
            product_close(&p);
        }
}

/* A half-step of each operand, times what it is multiplied with. */
TEST(it_is_as_far_from_the_product_of_floats_as_rounding_goes) {
    Product p = product_open(12, 24, 500, 0);
    CHECK_INT(wrong(&p, 0), 0);
    double error = 0, size = 0;
    for (size_t i = 0; i < p.M * p.N; i++) {
        double sum = 0;
        for (size_t k = 0; k < p.K; k++) sum += (double)at(p.A, i / p.N, k) * (double)at(p.B, k, i % p.N);
        error += ((double)p.c[i] - sum) * ((double)p.c[i] - sum);
        size += sum * sum;
    }
    CHECK(error > 0 && sqrt(error / size) < 0.015);
    product_close(&p);
}

TEST(rows_of_zeros_and_of_almost_nothing_give_zeros_and_large_ones_stay_finite) {
    Product p = product_open(5, 9, 12, 0);
    for (size_t k = 0; k < p.K; k++) {
        p.a[k] = 0;
        p.a[p.K + k] = 1e-38F;
        p.a[2 * p.K + k] *= 1e30F;
    }
    for (size_t k = 0; k < p.K; k++) p.b[k * p.N] = 0;
    Exec exec = ops_check_exec(GEMM_SCRATCH);
    gemm_int8(&exec, p.M, p.N, p.K, p.A, p.B, 0, p.c, p.N);
    for (size_t j = 0; j < 2 * p.N; j++) CHECK(p.c[j] == 0);
    for (size_t i = 0; i < p.M * p.N; i++) CHECK(isfinite(p.c[i]) && (i % p.N || p.c[i] == 0));
    product_close(&p);
}

/* In the first block of k or the last, in lines of either operand, however these are stored: what is wrong is seen in the product. */
TEST(what_is_not_finite_spoils_its_row_or_column_and_nothing_else) {
    static const float bad[] = {NAN, -NAN, INFINITY, -INFINITY};
    for (int variant = 0; variant < 4; variant++)
        for (size_t which = 0; which < 8; which++) {
            Product p = product_open(6, 11, GEMM_KC + 3, variant);
            const size_t k = which & 4 ? 2 : GEMM_KC + 1;
            p.a[2 * p.A.rs + k * p.A.cs] = bad[which & 3];
            p.b[k * p.B.rs + 9 * p.B.cs] = bad[which & 3];
            Exec exec = ops_check_exec(GEMM_SCRATCH);
            gemm_int8(&exec, p.M, p.N, p.K, p.A, p.B, 0, p.c, p.N);
            for (size_t i = 0; i < p.M * p.N; i++) CHECK_INT(!isfinite(p.c[i]), i / p.N == 2 || i % p.N == 9);
            product_close(&p);
        }
}

/* The largest sums there are: every byte at its limit. */
TEST(full_blocks_of_the_largest_numbers_do_not_overflow) {
    Product p = product_open(4, 8, 2 * GEMM_KC, 2);
    for (size_t i = 0; i < p.M * p.K; i++) p.a[i] = i / p.K % 2 ? -5 : 5;
    for (size_t i = 0; i < p.K * p.N; i++) p.b[i] = i / p.K % 2 ? -2 : 2;
    CHECK_INT(wrong(&p, 0), 0);
    CHECK_NEAR((double)p.c[0], 10.0 * (double)p.K, 0.01, 0);
    product_close(&p);
}

TEST(threads_and_zeros_at_the_end_of_k_change_no_bit) {
    Product p = product_open(70, 90, 300, 0);
    const size_t longer = p.K + 6;
    float *alone = ops_check_floats(p.M * p.N), *a = ops_check_floats(p.M * longer), *b = ops_check_floats(longer * p.N);
    Exec exec = ops_check_exec(GEMM_SCRATCH);
    gemm_int8(&exec, p.M, p.N, p.K, p.A, p.B, 0, alone, p.N);
    Exec three = {threads_start(3), ops_check_floats(3 * (size_t)GEMM_SCRATCH), GEMM_SCRATCH, NULL};
    gemm_int8(&three, p.M, p.N, p.K, p.A, p.B, 0, p.c, p.N);
    CHECK(memcmp(alone, p.c, p.M * p.N * sizeof *alone) == 0);
    memset(a, 0, p.M * longer * sizeof *a);
    memset(b, 0, longer * p.N * sizeof *b);
    memcpy(b, p.b, p.K * p.N * sizeof *b);
    for (size_t i = 0; i < p.M; i++) memcpy(a + i * longer, p.a + i * p.K, p.K * sizeof *a);
    gemm_int8(&exec, p.M, p.N, longer, (GemmOperand){a, longer, 1}, (GemmOperand){b, p.N, 1}, 0, p.c, p.N);
    CHECK(memcmp(alone, p.c, p.M * p.N * sizeof *alone) == 0);
    free(alone);
    free(a);
    free(b);
    free(three.scratch);
    product_close(&p);
}
