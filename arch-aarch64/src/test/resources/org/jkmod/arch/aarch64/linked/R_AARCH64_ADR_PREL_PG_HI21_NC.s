	.text
	.inst 0xd503201f
	adrp x3, :pg_hi21_nc:symbol
	.inst 0xd503201f
