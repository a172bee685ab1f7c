// How many rows of up to six masks mark each column.
//
// first … sixth  [T, N]  f32 each: 1 where marked, else 0; the last ones are not read where there are fewer
// counts         [M, N]  f32: as many rows of it as there are masks written, the others left alone
// sizes          [4]     u32: T, N, masks, first row of the counts
//
// One group per mask and column; its threads stride over the rows and add up in workgroup memory.

const GROUP: u32 = 256u;

@group(0) @binding(0) var<storage, read_write> first: array<f32>;
@group(0) @binding(1) var<storage, read_write> second: array<f32>;
@group(0) @binding(2) var<storage, read_write> third: array<f32>;
@group(0) @binding(3) var<storage, read_write> fourth: array<f32>;
@group(0) @binding(4) var<storage, read_write> fifth: array<f32>;
@group(0) @binding(5) var<storage, read_write> sixth: array<f32>;
@group(0) @binding(6) var<storage, read_write> counts: array<f32>;
@group(0) @binding(7) var<storage, read> sizes: array<u32>;

var<workgroup> sums: array<u32, 256>;

fn entry(mask: u32, place: u32) -> f32 {
    switch (mask) {
        case 0u: {
            return first[place];
        }
        case 1u: {
            return second[place];
        }
        case 2u: {
            return third[place];
        }
        case 3u: {
            return fourth[place];
        }
        case 4u: {
            return fifth[place];
        }
        default: {
            return sixth[place];
        }
    }
}

@compute @workgroup_size(256, 1, 1)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let width = sizes[1];
    let number = group.x + group.y * groups.x;
    if (number >= sizes[2] * width) {
        return;
    }
    var sum = 0u;
    for (var row = thread; row < sizes[0]; row += GROUP) {
        sum += select(0u, 1u, entry(number / width, row * width + number % width) != 0.0);
    }
    sums[thread] = sum;
    workgroupBarrier();
    for (var half = GROUP / 2u; half > 0u; half /= 2u) {
        if (thread < half) {
            sums[thread] += sums[thread + half];
        }
        workgroupBarrier();
    }
    if (thread == 0u) {
        counts[sizes[3] * width + number] = f32(sums[0]);
    }
}
