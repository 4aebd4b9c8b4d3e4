-- stderr: module 'no.such.module' not found:
-- stderr: no field package.preload['no.such.module']
require "no.such.module"
