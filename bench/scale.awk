# SPDX-License-Identifier: GPL-2.0-or-later
# scale.awk - what bench/scale has found: the first file is what the machine has used by when,
# in ticks of a second's hz'th, the second one the runs (scale_inside.sh)

FNR == NR { at[++samples] = $1; used[samples] = $2 / hz; next }

{
	row = $1 " " $6
	run = row " " $2 " " $3
	operations[run] += $8 * 1e6 / ($5 - $4)
	waits[run] += $12
	begin[run] = $4 / 1e6
	if ($5 / 1e6 > end[run])
		end[run] = $5 / 1e6
	if (!(row in rounds))
		order[++rows] = row
	if ($3 + 1 > rounds[row])
		rounds[row] = $3 + 1
}

# What the machine had used at a time
function used_at(time,   low, high, middle) {
	low = 1; high = samples
	while (high - low > 1) {
		middle = int((low + high) / 2)
		if (at[middle] <= time)
			low = middle
		else
			high = middle
	}
	return used[low] + (used[high] - used[low]) * (time - at[low]) / (at[high] - at[low])
}

# CPUs of the machine below that a run kept busy
function cpus(run) {
	return (used_at(end[run]) - used_at(begin[run])) / (end[run] - begin[run])
}

function median(list, count,   i, j, t) {
	for (i = 2; i <= count; i++)
		for (j = i; j > 1 && list[j] < list[j - 1]; j--) {
			t = list[j]; list[j] = list[j - 1]; list[j - 1] = t
		}
	return list[int((count + 1) / 2)]
}

function tell(row,   count, r, cells, one, by_time, by_work, c_rate, o_rate, c_cpu, o_cpu, c_wait, o_wait) {
	count = 0
	for (r = 0; r < rounds[row]; r++) {
		cells = row " cells " r; one = row " one " r
		if (!(cells in begin) || !(one in begin))
			continue
		c_cpu[++count] = cpus(cells); o_cpu[count] = cpus(one)
		c_rate[count] = operations[cells]; o_rate[count] = operations[one]
		c_wait += waits[cells] / (operations[cells] * (end[cells] - begin[cells]))
		o_wait += waits[one] / (operations[one] * (end[one] - begin[one]))
		by_time[count] = c_rate[count] / o_rate[count]
		by_work[count] = by_time[count] * o_cpu[count] / c_cpu[count]
	}
	printf "scale N=%-13s cells/one by CPU time %.2f (%.2f to %.2f), by time %.2f (%.2f to %.2f); ",
		row, median(by_work, count), by_work[1], by_work[count], median(by_time, count),
		by_time[1], by_time[count]
	printf "%.0f/s on %.2f CPUs, %.0f/s on %.2f; waits an operation %.2f, %.2f; %d rounds\n",
		median(c_rate, count), median(c_cpu, count), median(o_rate, count),
		median(o_cpu, count), c_wait / count, o_wait / count, count
}

END {
	for (i = 1; i <= rows; i++)
		tell(order[i])
}
